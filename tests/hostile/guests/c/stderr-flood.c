// Writes to standard error for ever.
#include <unistd.h>

int main(void) {
  static const char line[] = "the quick brown fox jumps over the lazy dog\n";
  for (;;) write(2, line, sizeof line - 1);
}
