"""`python -m bench`: every benchmark, printed and written to bench/RESULTS.md. `--help` says how to run one."""

import argparse
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    documents,
    imports,
    kills,
    latency,
    maildir,
    measure,
    pages,
    parse,
    receive,
    rendering,
    reports,
    sending,
    stream,
)
from tests.dovecot import Dovecot

_RESULTS = Path(__file__).parent / "RESULTS.md"
_CORPORA = Path(os.environ.get("MAILCRM_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
SUBJECTS = (
    *("parse", "documents", "stream", "latency", "pages", "imports", "rendering", "reports"),
    *("receive", "sending", "kills"),
)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", default=SUBJECTS, help=f"one or more of {', '.join(SUBJECTS)}")
    parser.add_argument("--runs", type=int, default=1, help="interleaved runs of receive; medians are reported")
    parser.add_argument("--messages", type=int, default=20_000, help="in the generated mailbox")
    parser.add_argument("--pages", type=int, nargs="+", default=[20_000, 1_000_000], help="messages behind the pages")
    parser.add_argument("--rows", type=int, default=50_000, help="of the list of clients")
    parser.add_argument("--reported", type=int, default=1_000_000, help="messages behind the reports")
    parser.add_argument("--recipients", type=int, default=20_000, help="of the mailing whose senders are killed")
    parser.add_argument("--kills", type=int, default=100, help="of its sending processes")
    parser.add_argument("--write", type=Path, default=_RESULTS, help="where the results go")
    asked = parser.parse_args()
    os.environ["MAILCRM_BENCH_PASSWORD"] = Dovecot.password
    maildir.CACHE.mkdir(parents=True, exist_ok=True)
    parts = []
    for subject in asked.subjects:
        for section in _sections(subject, asked):
            print(section, flush=True)
            parts.append(section)
    title = f"# Results of {datetime.now(UTC):%Y-%m-%d}\n\n{measure.machine()}\n"
    asked.write.write_text("\n".join([title, *parts]), encoding="utf-8")


def _sections(subject: str, asked: argparse.Namespace) -> Iterator[str]:
    if subject == "parse":
        yield parse.run()
    if subject == "documents":
        yield from documents.run(_CORPORA)
    if subject == "stream":
        yield stream.run()
    if subject == "latency":
        yield latency.run()
    if subject == "pages":
        yield from map(pages.run, asked.pages)
    if subject == "imports":
        yield imports.run(asked.rows)
    if subject == "rendering":
        yield rendering.run()
    if subject == "reports":
        yield from reports.run(asked.reported, asked.reported // 20)
    if subject == "receive":
        yield from (receive.run(case, asked.runs) for case in receive.cases(asked.messages, _CORPORA))
    if subject == "sending":
        yield from sending.run()
    if subject == "kills":
        yield kills.run(asked.recipients, asked.kills)
    if subject not in SUBJECTS:
        raise SystemExit(f"{subject} is not one of {', '.join(SUBJECTS)}")


if __name__ == "__main__":
    main()
