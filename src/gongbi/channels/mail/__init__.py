"""E-mail in: a mailbox or a folder of messages becomes reports; a reply to a notice becomes a supplement."""
