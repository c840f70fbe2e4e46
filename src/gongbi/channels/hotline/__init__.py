"""The exchange with a 12345 hotline: work orders in and out, signed, idempotent, reconciled every night."""
