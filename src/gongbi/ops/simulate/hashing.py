"""Passwords of invented people, printed in the documents: hashed as others are, with few rounds."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Invented(PBKDF2PasswordHasher):
    """Few rounds, so that hundreds of actors sign in within seconds. Only where the clock is simulated."""

    algorithm = "pbkdf2_invented"
    iterations = 10
