"""Rules of the identity context: accounts, passwords, sessions, and who is asking."""
