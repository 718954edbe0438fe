"""Who may knock on which door: keys, tokens, and the access policy."""
