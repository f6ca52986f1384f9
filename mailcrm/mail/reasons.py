"""Why a delivery failed, from the words of the server and the RFC 3463 status, in sisimai's vocabulary of reasons.

`hard` reasons mean that no later message can reach the address; all others (full, filtered, blocked, too big, expired)
say something about this message, this moment or this sender.
"""

import re

HARD = frozenset(("userunknown", "hostunknown", "hasmoved", "notaccept", "nomailserver", "maynotexist"))

_TABLE = {
    "rejected": (
        r"sender (?:address )?(?:is )?(?:rejected|refused|denied|blocked)|domain of sender|"
        r"sender (?:domain|address) |(?:invalid|unknown|bad|illegal) (?:sender|mail from|return path)|"
        r"mail from .{0,60}(?:rejected|refused|denied)|\[MAIL_FROM\]|after mail from|"
        r"not a registered gateway user|groups\.google\.com/support"
    ),
    "mailererror": (
        r"procmail|couldn'?t create|command (?:died|failed|output)|mailer error|x-unix;|local delivery failed|"
        r"pipe to \|?/|/usr/sbin/|child process"
    ),
    "dnserror": (
        r"malformed or unexpected name server reply|host .{0,60}not found, try again|temporary (?:dns|lookup)"
    ),
    "nomailserver": (
        r"couldn'?t find (?:a|any) (?:mail exchanger|host)|no mx (?:record|host)|"
        r"mx (?:record )?.{0,40}not found"
    ),
    "maynotexist": (r"account or domain may not exist|domain is not reachable|no valid recipients?"),
    "mailboxfull": (
        r"mailbox (?:is )?(?:currently )?full|over ?quota|quota (?:exceeded|full)|"
        r"(?:exceed|over)[a-z]{0,3} (?:the |its |their |his |storage |disk |mailbox |message )*(?:quota|"
        r"allocation|space|storage|size of)|"
        r"disk quota|insufficient (?:disk|storage|space|system storage)|not enough (?:storage|space|disk)|"
        r"is full|too much mail data|mail ?box .{0,30}full|mailbox size limit|out of (?:storage|space)|"
        r"user has too many messages|quota violation|容量|переполнен|exceeded storage|mail folder is full|"
        r"user account is overquota|maildir delivery failed"
    ),
    "hasmoved": (
        r"has (?:been )?(?:moved|replaced)|has changed (?:his|her|its|their) |no longer at this address|"
        r"address (?:has )?(?:been )?changed|user has moved|"
        r"is no longer (?:valid|used).{0,20}please (?:use|send)"
    ),
    "norelaying": (
        r"relay(?:ing)? (?:access )?(?:denied|not permitted|prohibited|is prohibited|disabled)|unable to relay|"
        r"not (?:allowed|permitted) to relay|relay(?:ing)? not (?:allowed|permitted)|"
        r"(?:that domain )?isn't in my list of allowed rcpthosts|we do not relay|relay denied|"
        r"insecure mail relay|we don't run any domain|"
        r"mail server requires authentication when attempting to send to a non-local"
    ),
    "virusdetected": (r"virus|malware|infected|trojan|dangerous (?:attachment|file)"),
    "hostunknown": (
        r"(?:host|domain)(?: name)?(?: or domain name)?(?: is)? (?:unknown|not found|does not exist|lookup failed|"
        r"not recognized|must be a fully)|"
        r"unknown (?:host|domain)|no such (?:host|domain)|name or service not known|"
        r"can'?t find (?:any host|a host)|couldn'?t find (?:any|a) host|unrouteable (?:mail )?domain|"
        r"invalid (?:domain|host)|unresolvable|domain (?:does not|doesn'?t) exist|"
        r"bad destination (?:host|system)|all relevant mx records point to non-existent|nxdomain|"
        r"domain .{1,60} (?:not found|could not be found)|recipient address rejected: unknown domain|"
        r"name service error .{0,80}(?:not found|no data known)|"
        r"mail domain mentioned in email address is unknown|host .{0,80}not found|"
        r"address family mismatch on destination"
    ),
    "notaccept": (
        r"null ?mx|does not accept (?:any )?(?:e-?)?mail|(?:host|domain) .{0,40}does not (?:receive|accept)|"
        r"does not receive mail|smtp protocol returned a permanent error"
    ),
    "spamdetected": (
        r"\bspam\b|spammy|junk (?:mail|e-?mail)|unsolicited|bulk mail|looks like spam|"
        r"rejected by.{0,20}content|spam(?:assassin| score|content)|mail content denied|"
        r"message was (?:rejected|blocked) by .{0,30}filter"
    ),
    "blocked": (
        r"black ?list|block ?list|blocked|\brbl\b|dnsbl|spamhaus|spamcop|reputation|banned|denylist|"
        r"connection (?:rejected|refused|dropped|not accepted) (?:by|due|from)|no access from mail server|"
        r"access (?:denied|from)|\bptr\b|reverse (?:dns|lookup|mapping|domain)|helo|ehlo|your ip|client ip|"
        r"cannot find your hostname|client host .{0,80}rejected|client was not authenticated|"
        r"not authorized to (?:send|use)"
    ),
    "authfailure": (r"\bspf\b|\bdkim\b|\bdmarc\b|sender ?id|not authori[sz]ed|authentication|sender verif"),
    "mesgtoobig": (
        r"too (?:big|large)|size (?:exceeds|limit)|exceeds? .{0,40}(?:maximum|limit|size)|message size|"
        r"maximum message size"
    ),
    "policyviolation": (
        r"recipient preferences|policy|prohibited|not permitted|administrat|restrict|violat|"
        r"contains? (?:a |an )?(?:link|url|attachment)|closed mailing list|"
        r"header.{0,20}(?:invalid|missing|error)|rfc ?[0-9]{4}"
    ),
    "speeding": (r"too many|too fast|rate limit|throttl|exceed.{0,30}rate|unusual rate|slow down|limit exceeded"),
    "networkerror": (
        r"loop|too many hops|hop count|connection (?:timed|lost|closed|reset|refused|dropped)|no route|"
        r"network (?:error|is unreachable)|dns (?:error|failure|server)|lost connection|"
        r"host (?:is )?unreachable"
    ),
    "expired": (
        r"timed? ?out|time-?out|expired|retry time(?:out)? not reached|retry time|delayed|"
        r"cannot send message for|could not be delivered for|too long|not (?:yet )?be(?:en)? delivered|"
        r"have(?:n't| not) been delivered|deferred|will (?:continue|keep|be retried)|still trying|temporar|"
        r"try again|try later"
    ),
    "suspend": (
        r"suspend|disabled|inactive|deactivated|locked|account .{0,40}(?:closed|cancel|expired)|not active|"
        r"unavailable for account|no longer (?:active|available|in use)|account is not available|discontinued|"
        r"dormant"
    ),
    "onhold": (r"on hold|held for"),
    "userunknown": (
        r"5\d\d \S+@\S+ rejected|invalid final delivery userid|recipnotfound|"
        r"user (?:is )?(?:name )?(?:unknown|not|doesn'?t|does not|invalid|undefined)|"
        r"unknown (?:user|address|recipient|local|mailbox|account|or illegal|e-?mail)|"
        r"no such (?:user|recipient|mailbox|person|address|account|local)|"
        r"(?:does not|doesn'?t|don'?t|did not|not) (?:exist|have (?:an?|any) |match|appear to be (?:a )?valid)|"
        r"mailbox (?:unavailable|not found|unknown|does not|doesn'?t|name not allowed|.{1,60} unknown)|"
        r"(?:recipient|address|addressee|mailbox|account|alias|user)s? .{0,60}(?:not (?:found|listed|known|"
        r"recognized|valid|exist)|unknown|invalid|undeliverable|cannot be found)|"
        r"invalid (?:recipient|address|mailbox|user|e-?mail)|"
        r"not (?:a (?:known|valid) |listed |our customer|known |found in|in (?:my|the) )|"
        r"no (?:mailbox|user|account|valid|one) |bad (?:destination|recipient|address)|unknown|"
        r"unrouteable address|illegal user|isn'?t (?:a|in) |is not (?:a |an )?(?:valid|known|registered|local)|"
        r"(?:cannot|can'?t|unable to|could not) find .{0,20}(?:user|recipient)|"
        r"left (?:the |our )?company|can'?t create output|not local|"
        r"delivery to the following recipients failed(?! permanently)|"
        r"couldn'?t be found|wasn'?t found|宛先|存在|見つかり|not our|"
        r"адресат|не существует|no longer (?:on|with|works|employed)|rejected recipient"
    ),
    "filtered": (r"filter|recipient refused|not want|refuse"),
}
"""Patterns in the order in which they are tried: what is only about this message or this sender comes first."""
_REASONS = tuple((name, re.compile(pattern, re.I)) for name, pattern in _TABLE.items())

_BY_STATUS = {
    "1.0": "userunknown", "1.1": "userunknown", "1.2": "hostunknown", "1.3": "userunknown", "1.4": "userunknown",
    "1.6": "hasmoved", "1.10": "notaccept", "1.8": "rejected", "1.7": "rejected", "2.0": "filtered", "2.1": "suspend",
    "2.2": "mailboxfull", "2.3": "exceedlimit", "2.4": "filtered", "3.0": "systemerror", "3.1": "systemfull",
    "3.2": "notaccept", "3.4": "mesgtoobig", "3.5": "systemerror", "4.0": "networkerror", "4.1": "expired",
    "4.2": "networkerror", "4.3": "systemerror", "4.4": "hostunknown", "4.5": "mailboxfull", "4.6": "networkerror",
    "4.7": "expired", "4.14": "networkerror", "5.0": "mailererror", "6.0": "contenterror", "7.0": "securityerror",
    "7.1": "policyviolation", "7.13": "suspend", "7.17": "hasmoved",
}  # fmt: skip
_TRUSTED = ("1.1", "1.2", "1.3", "1.6", "1.7", "1.8", "1.10", "2.2", "2.3", "3.4", "4.7", "7.13")
"""Classes of the status that say more than the words behind them usually do."""
MAX_WORDS = 1_500

AFTER_DATA = "(after DATA)"
"""Put into the words where the address was taken and the message refused after it: a filter did it."""
BY_GATEWAY = "(by a gateway)"
"""Put into the words where a filtering service reports that it was refused, and not at which command."""

_GATEWAY = re.compile(
    rb"^(?:From|Message-ID):[^\n]{0,200}mxlogic\.net|\(MAILFOUNDRY\) id|^X-Mailer: SurfControl|"
    rb"^Reporting-MTA: dns; inbound-smtp\.[\w.\-]{1,60}amazonaws\.com",
    re.I | re.M,
)


def by_gateway(raw: bytes) -> bool:
    """Whether a filtering service wrote a report: one that takes mail for others and answers by rules of its own."""
    return _GATEWAY.search(raw) is not None


def reason(status: str, words: str) -> str:
    """Why, as one word; "undefined" where neither the status nor the words tell."""
    group = status.partition(".")[2]
    said = next((name for name, pattern in _REASONS if pattern.search(words[:MAX_WORDS])), "")
    coded = _BY_STATUS.get(group, "securityerror" if group.startswith("7.") else "")
    filtered = group == "2.0" or group.startswith("7.") or AFTER_DATA in words or BY_GATEWAY in words
    if said == "userunknown" and filtered:
        return "filtered"
    if status.startswith("4"):
        return said if said and (said == "userunknown" or said not in HARD) else "expired"
    if said in ("", "expired", "filtered", "suspend", "userunknown") and group in _TRUSTED:
        return coded
    return said or coded or "undefined"


def hard(status: str, words: str) -> bool:
    """Whether the address cannot be reached by any later message either."""
    return reason(status, words) in HARD
