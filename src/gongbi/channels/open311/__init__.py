"""Open311 GeoReport v2: a server for other systems' clients, and a client of other servers."""
