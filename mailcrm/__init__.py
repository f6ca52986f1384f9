"""mailcrm: the mail of your staff, filed under the clients it concerns."""
