"""The only SQL of mailcrm: functions named as questions and verbs that take a connection."""
