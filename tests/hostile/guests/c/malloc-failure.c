// Allocates until it is refused, says so, and exits with a code.
#include <stdlib.h>
#include <unistd.h>

// Volatile, or the compiler would see that nobody needs the memory.
static char *volatile newest;

int main(void) {
  do newest = malloc(1 << 20);
  while (newest);
  static const char said[] = "out of memory\n";
  write(2, said, sizeof said - 1);
  return 3;
}
