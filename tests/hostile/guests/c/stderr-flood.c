// Writes to standard error for ever, more than a thousand lines at once.
#include <string.h>
#include <unistd.h>

static char block[1 << 16];

int main(void) {
  static const char line[] = "the quick brown fox jumps over the lazy dog\n";
  size_t length = 0;
  for (; length + sizeof line <= sizeof block; length += sizeof line - 1) memcpy(block + length, line, sizeof line - 1);
  for (;;) write(2, block, length);
}
