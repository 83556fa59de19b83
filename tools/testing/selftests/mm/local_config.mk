# No liburing support found, so:
IOURING_EXTRA_LIBS = 
