/* The program with the plain names. */
#define main plain
#include "../hello.c"
