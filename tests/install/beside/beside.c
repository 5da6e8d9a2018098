/* One process, two libraries of the same interface: the vendor's, with the plain names, and ours with a prefix.
 *
 *   vendor_*   from vendor_side.c, which was compiled without a header of ours
 *   ours       hello.c of this test, compiled with the headers of the library with a prefix
 */
#include <stdio.h>

int vendor_works(void);
int vendor_calls(void);
int ours(void);

int main(void) {
  if (!vendor_works()) return fputs("the vendor's library was not the one called\n", stderr), 1;
  const int before = vendor_calls();
  if (ours() != 0) return fputs("a session of ours failed\n", stderr), 1;
  if (vendor_calls() != before) return fputs("our library called the vendor's\n", stderr), 1;
  if (!vendor_works()) return fputs("the vendor's library works no more\n", stderr), 1;
  puts("both work");
  return 0;
}
