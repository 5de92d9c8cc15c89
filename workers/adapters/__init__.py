"""The only place where a vendor is imported. Families do not know of one another."""
