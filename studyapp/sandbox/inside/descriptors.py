"""Which descriptor is which in every jail, beside the three standard streams."""

EVENTS = 3
CONTROL = 4
IDENTITY = 5
