"""A caller's contact with the support line of an independent charity: an aggregate of its own, about 0 to n cases."""
