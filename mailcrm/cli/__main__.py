"""`python -m mailcrm.cli` is `mailcrm`."""

from mailcrm.cli import main

main(prog_name="mailcrm")
