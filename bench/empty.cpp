// A program that does nothing: what loading and starting costs before any work.
int main() {
  return 0;
}
