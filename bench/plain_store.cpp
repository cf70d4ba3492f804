// bench_plain_store FILE OUT [OFFSET]: the minimum work of storing a file durably with its hash.
// Reads FILE in pieces of 128 KiB, writes them to OUT from OFFSET on, and hashes them with SHA-256
// in a second thread; then syncs OUT and prints the hash. It checks nothing and counts nothing.
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr size_t kPiece = 128 * 1024;
constexpr size_t kPieces = 4;

// Pieces on their way to the thread that hashes them.
struct Queue {
  std::array<std::vector<uint8_t>, kPieces> pieces;
  std::array<size_t, kPieces> sizes{};  // 0 ends the file
  size_t filled = 0;
  size_t hashed = 0;
  std::mutex mutex;
  std::condition_variable changed;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(8);
}

void hash_pieces(Queue& queue, EVP_MD_CTX* hash) {
  for (size_t at = 0;; ++at) {
    std::unique_lock lock(queue.mutex);
    queue.changed.wait(lock, [&] { return queue.filled > at; });
    lock.unlock();
    const size_t size = queue.sizes[at % kPieces];
    if (size == 0) return;
    EVP_DigestUpdate(hash, queue.pieces[at % kPieces].data(), size);
    lock.lock();
    queue.hashed = at + 1;
    queue.changed.notify_all();
  }
}

size_t read_piece(int from, std::vector<uint8_t>& piece) {
  const ssize_t count = read(from, piece.data(), piece.size());
  if (count < 0) give_up("read");
  return static_cast<size_t>(count);
}

void write_piece(int to, const uint8_t* bytes, size_t size, off_t offset) {
  while (size > 0) {
    const ssize_t count = pwrite(to, bytes, size, offset);
    if (count <= 0) give_up("write");
    bytes += count;
    size -= static_cast<size_t>(count);
    offset += count;
  }
}

void store(int from, int to, off_t offset, Queue& queue) {
  for (size_t at = 0;; ++at) {
    std::unique_lock lock(queue.mutex);
    queue.changed.wait(lock, [&] { return at - queue.hashed < kPieces; });
    lock.unlock();
    std::vector<uint8_t>& piece = queue.pieces[at % kPieces];
    const size_t size = read_piece(from, piece);
    lock.lock();
    queue.sizes[at % kPieces] = size;
    queue.filled = at + 1;
    queue.changed.notify_all();
    lock.unlock();
    if (size == 0) return;
    write_piece(to, piece.data(), size, offset);
    offset += static_cast<off_t>(size);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: bench_plain_store FILE OUT [OFFSET]\n");
    return 16;
  }
  const int from = open(argv[1], O_RDONLY | O_CLOEXEC);
  if (from < 0) give_up(argv[1]);
  const int to = open(argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (to < 0) give_up(argv[2]);

  Queue queue;
  for (auto& piece : queue.pieces) piece.resize(kPiece);
  EVP_MD_CTX* const hash = EVP_MD_CTX_new();
  if (hash == nullptr || EVP_DigestInit_ex(hash, EVP_sha256(), nullptr) != 1) give_up("SHA-256");
  std::thread hasher([&] { hash_pieces(queue, hash); });
  store(from, to, argc == 4 ? std::atoll(argv[3]) : 0, queue);
  hasher.join();
  if (fsync(to) != 0) give_up("fsync");

  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(hash, digest.data(), &size);
  EVP_MD_CTX_free(hash);
  for (unsigned i = 0; i < size; ++i) std::printf("%02x", digest[i]);
  std::printf("\n");
  return 0;
}
