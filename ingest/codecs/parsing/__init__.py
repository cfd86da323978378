"""Fields of JSON and words of events, as the codecs read them."""
