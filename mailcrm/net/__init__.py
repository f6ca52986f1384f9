"""The only sockets and files of mailcrm."""
