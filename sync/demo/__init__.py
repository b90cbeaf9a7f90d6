"""The demo: the whole line on two sandbox CRMs that it starts itself."""
