"""The stories of mailcrm and its only write transactions."""
