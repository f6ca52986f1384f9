# ruff: noqa: E501  (mail programs want their styles beside every element)
"""The templates that come with mailcrm: a message in English and Russian, three designs of a document."""

from mailcrm.flow.edit import Edit
from mailcrm.store import templates

_EN_SUBJECT = "{{ offer.title }}: our offer {{ offer.number }}"
_EN_TEXT = """\
Dear {{ contact.name|default('colleagues', true) }},

please find our offer {{ offer.number }}, {{ offer.title }}, for {{ client.name }}.
{% if items %}

{% for item in items %}
  {{ item.name }}: {{ item.quantity }} {{ item.unit }} at {{ item.price }}{% if item.discount %}, less {{ item.discount }}{% endif %} = {{ item.total }}
{% endfor %}

  Total: {{ totals.gross }}
{% endif %}

{% for term in all_terms %}{% if term.value %}
  {{ term.label }}: {{ term.value }}
{% endif %}{% endfor %}
{% if offer.valid_until %}

The offer is valid until {{ offer.valid_until }}.
{% endif %}
{% if links.view is defined %}

Look at it, accept or decline it here:
{{ links.view }}
{% endif %}

If you have any questions, just answer this message.

Kind regards
{{ sender.name }}
{{ company.name }}
"""
_RU_SUBJECT = "{{ offer.title }}: коммерческое предложение {{ offer.number }}"
_RU_TEXT = """\
Здравствуйте{% if contact.name %}, {{ contact.name }}{% endif %}!

Направляем вам коммерческое предложение {{ offer.number }} «{{ offer.title }}» для компании {{ client.name }}.
{% if items %}

{% for item in items %}
  {{ item.name }}: {{ item.quantity }} {{ item.unit }} по {{ item.price }}{% if item.discount %}, скидка {{ item.discount }}{% endif %} = {{ item.total }}
{% endfor %}

  Итого: {{ totals.gross }}
{% endif %}

{% for term in all_terms %}{% if term.value %}
  {{ term.label }}: {{ term.value }}
{% endif %}{% endfor %}
{% if offer.valid_until %}

Предложение действует до {{ offer.valid_until }}.
{% endif %}
{% if links.view is defined %}

Посмотреть, принять или отклонить его можно здесь:
{{ links.view }}
{% endif %}

Если возникнут вопросы, просто ответьте на это письмо.

С уважением,
{{ sender.name }}
{{ company.name }}
"""
_HTML = """\
<div style="font:15px/1.55 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;color:#1b2027;max-width:640px">
<p>{hello}</p>
<p>{opening}</p>
{{% if items %}}
<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;width:100%;margin:18px 0;font-size:14px">
{{% for item in items %}}
<tr><td style="padding:7px 10px 7px 0;border-bottom:1px solid #dde1e7">{{{{ item.name }}}}</td><td style="padding:7px 10px;border-bottom:1px solid #dde1e7;text-align:right">{{{{ item.quantity }}}} {{{{ item.unit }}}} × {{{{ item.price }}}}{{% if item.discount %}} <span style="color:#2c7a4b">−{{{{ item.discount }}}}</span>{{% endif %}}</td><td style="padding:7px 0;border-bottom:1px solid #dde1e7;text-align:right;white-space:nowrap">{{{{ item.total }}}}</td></tr>
{{% endfor %}}
<tr><td colspan="2" style="padding:10px 10px 10px 0;text-align:right;font-weight:bold">{total}</td><td style="padding:10px 0;text-align:right;font-weight:bold;white-space:nowrap">{{{{ totals.gross }}}}</td></tr>
</table>
{{% endif %}}
<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:0 0 18px;font-size:14px">
{{% for term in all_terms %}}{{% if term.value %}}
<tr><td style="padding:3px 16px 3px 0;color:#565f6c">{{{{ term.label }}}}</td><td style="padding:3px 0;font-weight:bold">{{{{ term.value }}}}</td></tr>
{{% endif %}}{{% endfor %}}
{{% if offer.valid_until %}}
<tr><td style="padding:3px 16px 3px 0;color:#565f6c">{valid}</td><td style="padding:3px 0;font-weight:bold">{{{{ offer.valid_until }}}}</td></tr>
{{% endif %}}
</table>
{{% if links.view is defined %}}
<p style="margin:22px 0"><a href="{{{{ links.view }}}}" style="background:#1f55ad;color:#ffffff;padding:11px 20px;border-radius:6px;text-decoration:none;font-weight:bold">{button}</a></p>
{{% endif %}}
<p>{closing}</p>
<p>{regards}<br>{{{{ sender.name }}}}<br><span style="color:#565f6c">{{{{ company.name }}}}</span></p>
</div>
"""
_EN_HTML = _HTML.format(
    hello="Dear {{ contact.name|default('colleagues', true) }},",
    opening="please find our offer <b>{{ offer.number }}</b>, {{ offer.title }}, for {{ client.name }}.",
    total="Total",
    valid="Valid until",
    button="View, accept or decline",
    closing="If you have any questions, just answer this message.",
    regards="Kind regards",
)
_RU_HTML = _HTML.format(
    hello="Здравствуйте{% if contact.name %}, {{ contact.name }}{% endif %}!",
    opening="Направляем вам коммерческое предложение <b>{{ offer.number }}</b> «{{ offer.title }}» для компании "
    "{{ client.name }}.",
    total="Итого",
    valid="Действует до",
    button="Посмотреть, принять или отклонить",
    closing="Если возникнут вопросы, просто ответьте на это письмо.",
    regards="С уважением,",
)
MESSAGES = (("en", _EN_SUBJECT, _EN_TEXT, _EN_HTML), ("ru", _RU_SUBJECT, _RU_TEXT, _RU_HTML))
"""(language, subject, text, HTML) of the message that comes along."""
_DESIGNS = (("modern", "Modern"), ("classic", "Classic"), ("plain", "Plain"))


def install(edit: Edit, language: str) -> tuple[int | None, int | None]:
    """Add the templates that come with mailcrm where there is none at all; returns the message in a language and the
    first design, as the choice of an offer that is older than all templates. (None, None) where there were some."""
    if templates.templates(edit.connection):
        return None, None
    common = {"sha256": "", "created_by": edit.by.actor_id, "updated_at": edit.by.at}
    messages, designs = dict[str, int](), list[int]()
    for spoken, subject, text, html in MESSAGES:
        row = {"name": "Offer", "kind": "message", "language": spoken, "source": "", "builtin": ""}
        values = row | common | {"subject": subject, "text": text, "html": html}
        messages[spoken] = templates.add_template(edit.connection, values)
    for builtin, name in _DESIGNS:
        row = {"name": name, "kind": "pdf", "language": "", "source": "", "builtin": builtin}
        values = row | common | {"subject": "", "text": "", "html": ""}
        designs.append(templates.add_template(edit.connection, values))
    return messages.get(language, messages["en"]), designs[0]
