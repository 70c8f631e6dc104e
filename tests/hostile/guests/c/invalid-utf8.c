// Writes bytes that are no text, to where its argument says: "result" or "log".
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int to = count > 1 && strcmp(arguments[1], "result") == 0 ? 1 : 2;
  static const char bytes[] = {'a', (char)0xff, (char)0xfe, (char)0xc0, (char)0x80, '\n'};
  write(to, bytes, sizeof bytes);
  return 0;
}
