"""Gongbi: a platform on which an urban district governs itself close to the ground."""
