"""The web UI of mailcrm."""
