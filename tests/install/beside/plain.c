/* The library with the plain names and the one with a prefix, both real, in one process. */
#include <stdio.h>

int plain(void);
int ours(void);

int main(void) {
  if (plain() != 0 || ours() != 0) return 1;
  puts("both work");
  return 0;
}
