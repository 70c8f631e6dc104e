// Allocates and touches until it is refused, and then gives up as many programs do.
#include <stdlib.h>
#include <string.h>

// Volatile, or the compiler would see that nobody needs the memory.
static char *volatile newest;

int main(void) {
  for (;;) {
    newest = malloc(1 << 20);
    if (!newest) abort();
    memset(newest, 1, 1 << 20);
  }
}
