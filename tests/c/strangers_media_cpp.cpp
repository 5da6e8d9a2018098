// The same programs as C++, where {0} draws a warning that C does not give.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include "strangers_media.c"
