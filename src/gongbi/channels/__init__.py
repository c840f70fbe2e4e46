"""Ways in and out for other systems and devices: the frame that every channel stands on; one sub-package per channel."""
