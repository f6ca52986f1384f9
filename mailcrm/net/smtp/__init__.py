"""SMTP: connections that messages leave by. The only place that knows aiosmtplib."""
