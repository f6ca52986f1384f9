"""The sentences that flow refuses things with, in the language of the user.

Below the web nobody knows who asks, so errors are raised in English; here each is found again by its shape.
"""

import re
from functools import lru_cache

from flask_babel import gettext


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


SENTENCES = (
    _m("The address or the password is not right."),
    _m("This user may not sign in any more."),
    _m("The code of the authenticator app is needed too."),
    _m("The code does not fit. Is the clock of the telephone right?"),
    _m("The code is not right, or it was used already."),
    _m("That took too long: sign in again."),
    _m("An app is set up already: remove it first."),
    _m("There is no app that the codes could stand in for."),
    _m("There is no app to remove."),
    _m("Only a user can set up an app of his own."),
    _m("The mail server cannot be asked for the password now: try again later."),
    _m("No identity provider stands in the configuration."),
    _m("This sign-in was not begun here, or too long ago: begin again."),
    _m("The identity provider did not sign you in."),
    _m("What the identity provider sent cannot be trusted."),
    _m("The identity provider does not answer."),
    _m("The identity provider names no verified address."),
    _m("Nobody from %(domain)s signs in here."),
    _m("The identity provider knows you, but you are no user here: ask an admin."),
    _m("This address belongs to another account at the identity provider: ask an admin."),
    _m("Too many attempts: wait %(seconds)s seconds and try again."),
    _m("The password is too short: use at least %(count)s characters."),
    _m("The password is too long: use at most %(count)s characters."),
    _m("The two new passwords are not the same."),
    _m("There is no such session."),
    _m("A token needs a name, so that you know later what it was for."),
    _m("Choose what the token may do."),
    _m("A token lives from 1 to %(days)s days."),
    _m("There is no such token."),
    _m("A view needs a name."),
    _m("This view has too many filters to be kept."),
    _m("There is no such view."),
    _m("This list has no views."),
    _m("Choose at least one event."),
    _m("There is no such webhook."),
    _m("“%(text)s” cannot be told: write an address that begins with https://."),
    _m("There is no such user."),
    _m("There is a user %(login)s already."),
    _m("This is the last admin: make somebody else an admin first."),
    _m("%(email)s is what %(name)s signs in with: it stays."),
    _m("%(email)s belongs to another user."),
    _m("The %(key)s must be one of %(choices)s, not %(value)s."),
    _m("Cannot change %(names)s of a %(thing)s."),
    _m("“%(text)s” is not an e-mail address; write it like name@example.com."),
    _m("“%(text)s” is not a domain; write it like example.com."),
    _m("“%(text)s” is not a telephone number."),
    _m("Anybody can have an address at %(domain)s: add the full e-mail address of the client instead."),
    _m("A client needs a name."),
    _m("There is no such client."),
    _m("There is no client called “%(name)s”."),
    _m("There is no such user to own the client."),
    _m("The client has no domain %(domain)s."),
    _m("The client has no address %(email)s."),
    _m("The client has no such contact."),
    _m("%(domain)s is our own domain: mail within the company is never stored."),
    _m("%(email)s is an address of our own: it cannot belong to a client."),
    _m("The kind of a client must be one of %(choices)s, not %(value)s."),
    _m("More than %(count)s fields are too many."),
    _m("The kind of a field must be one of %(choices)s, not %(value)s."),
    _m("A field cannot have the key “%(key)s”: use small Latin letters, and each key once."),
    _m("Clients have %(choices)s: these choices must stay."),
    _m("There is no field %(names)s."),
    _m("There is no such field."),
    _m("A tag has at most %(count)s characters."),
    _m("%(field)s: “%(text)s” is not a number."),
    _m("%(field)s: “%(text)s” is not a date; write it like 2026-01-31."),
    _m("%(field)s: “%(text)s” is not one of %(choices)s."),
    _m("%(field)s: write yes or no, not “%(text)s”."),
    _m("%(field)s: that is too long."),
    _m("A field needs a name."),
    _m("A choice needs at least two texts to choose from, one a line."),
    _m("A contact needs a name or an address."),
    _m("There is no such contact."),
    _m("There is no such message in the tray."),
    _m("There is no such message."),
    _m("There is no such message, or it is private."),
    _m("There is no such thread."),
    _m("There is no such rule."),
    _m("Nothing of this is here from your mailboxes."),
    _m("Without an address it is not known which mail is this person's: remove the contact instead."),
    _m("Only its owner shows colleagues more of a mailbox."),
    _m("There is no such attachment, or it is private."),
    _m("This attachment cannot be shown here; it can be downloaded."),
    _m("The bytes of this attachment are missing: run mailcrm fsck."),
    _m("There is no such document, or it is private."),
    _m("There is no such page."),
    _m("There is no such document."),
    _m("There is no such file."),
    _m("There is no such suggestion."),
    _m("A document cannot be joined with itself."),
    _m("Choose some versions of this document, and leave at least one in it."),
    _m("A title needs a word."),
    _m("A document belongs to a client, to many clients or to the company itself."),
    _m("There is no such link."),
    _m("%(name)s belongs to a client of a colleague: ask an admin to share that client with you."),
    _m("This message has no sender."),
    _m("“%(value)s” cannot be on a never-list."),
    _m("%(name)s is on the never-list already."),
    _m("This can no longer be undone here."),
    _m("There is no such mailbox."),
    _m("There is a mailbox %(address)s already."),
    _m("There is no such mail server in the configuration."),
    _m("There is no user %(owner)s: run `mailcrm user add %(again)s` first."),
    _m("An empty password opens no mailbox."),
    _m("The visibility must be one of %(choices)s."),
    _m("The visibility must be one of %(choices)s, not %(value)s."),
    _m("Cannot change %(names)s of a mailbox."),
    _m("The encryption must be one of implicit, starttls, plain."),
    _m("A password would go to %(host)s in clear: use implicit or starttls."),
    _m("%(address)s was loaded from files: there is no server to read it from."),
    _m("This offer has run out. Ask us for a new one."),
    _m("Choose whether you accept or decline."),
    _m("Type your name, so that we know who decided."),
    _m("The document has changed since this page was opened. Look at it again."),
    _m("Choose whether the client accepts or declines."),
    _m("Nothing was sent to this recipient."),
    _m("There is no such recipient."),
    _m("There is no such mailing."),
    _m("The client has answered or must not be written to: nothing was sent."),
    _m("A follow-up needs a subject and a text."),
    _m("There is no account to send it from."),
    _m("There is no such follow-up."),
    _m("Follow-ups come after 1 to 90 days, or never."),
    _m("There is no such suppression."),
    _m("The reason must be one of %(choices)s, not %(value)s."),
    _m("The scope of a suppression is all, marketing or the name of a group."),
    _m("There is no such offer."),
    _m("There is no such state of an offer."),
    _m("There is no such template."),
    _m("There is no such term."),
    _m("There is no such currency here."),
    _m("There is no such kind or language of a template."),
    _m("This offer has no document of its own."),
    _m("Only its owner, managers and admins may change this offer."),
    _m("An offer needs a title of at most 200 characters."),
    _m("An offer needs a number of at most 40 characters."),
    _m("There is an offer %(number)s already."),
    _m("A margin is between -100 and 100 per cent."),
    _m("An offer has at most %(count)s lines."),
    _m("An offer has at most %(count)s terms."),
    _m("Line %(number)s needs a name of at most 300 characters."),
    _m("Line %(number)s: the quantity must be above zero, price and cost not below it."),
    _m("“%(key)s” cannot name a term: use small Latin letters, digits and _."),
    _m("The term “%(key)s” needs a label, a kind and a name of its own."),
    _m("A file must have some content, and at most 25 MB of it."),
    _m("“%(text)s” is no value for %(label)s."),
    _m("“%(text)s” is not a number."),
    _m("“%(text)s” is not a date."),
    _m("A sheet is a file with the ending xlsx, xls, ods or csv."),
    _m("This sheet cannot be read."),
    _m("A Word template is a .docx file of at most 10 MB."),
    _m("The letterhead needs the name of the company."),
    _m("The colour is written like #1f55ad."),
    _m("Only managers and admins may change the letterhead."),
    _m("A template needs a name of at most 100 characters."),
    _m("A document needs a source, or one of the designs that come with mailcrm."),
    _m("A message needs a subject and a text."),
    _m("The template cannot be used, %(where)s: %(reason)s"),
    _m("The document cannot be made: %(reason)s"),
    _m("The document takes too long or too much memory to make."),
    _m("Only its owner or an admin may change a mailbox, and none that stands in the configuration."),
)
_GAP = re.compile(r"%\\?\((\w+)\\?\)s")
_QUOTES = str.maketrans({"“": '"', "”": '"'})


def translated(sentence: str) -> str:
    """The sentence in the language of the user; as it is where it is not among SENTENCES."""
    for shape, template in _shapes():
        found = shape.fullmatch(sentence)
        if found:
            return str(gettext(template, **found.groupdict()))
    return sentence


@lru_cache(maxsize=1)
def _shapes() -> list[tuple[re.Pattern[str], str]]:
    """The longest first, so that a short template never takes what a longer one says better."""
    templates = sorted(SENTENCES, key=len, reverse=True)
    return [(shape(one), one) for one in templates]


def shape(template: str) -> re.Pattern[str]:
    """What a template looks like once it is filled in; quotation marks may be plain."""
    return re.compile(_GAP.sub(r"(?P<\1>.+?)", re.escape(template.translate(_QUOTES))), re.DOTALL)
