package understudy.lab;

/// One bit of a file that was flipped beneath its file system.
///
/// @param file   on the disk
/// @param offset of its byte
/// @param bit    0, the lowest, to 7
public record BitFlip(String file, long offset, int bit) {}
