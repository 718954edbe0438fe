"""What a sample says of the whole: pure functions over counts, without a library."""
