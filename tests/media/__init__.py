"""Media that the tests make themselves."""
