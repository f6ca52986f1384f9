"""The only user of imapclient: transport, session, watch."""
