// Sleeps for ever: each wait is as long as the interface allows.
#include <unistd.h>

int main(void) {
  for (;;) sleep(~0u);
}
