import * as failures from '../../src/transfer/row-stream/failures.ts';
import { samplesOf } from './samples-of.ts';

const FILE = '/var/backups/job-1.rows.zst';

export default samplesOf(failures, {
  damaged: [
    [FILE, 'a row does not have one value for each column of its table'],
    [FILE, "a value is not of its column's type (bigint)"],
  ],
  incomplete: [[FILE]],
  notARowStream: [[FILE]],
  unknownFormat: [[FILE]],
  headerMissing: [[FILE]],
  headMisplaced: [[FILE]],
  headInvalid: [[FILE]],
  partsOutOfOrder: [[FILE]],
  dataBehindEnd: [[FILE]],
  manifestOfOtherTables: [[FILE]],
  headsDiffer: [[FILE]],
  rowsDiffer: [[FILE, 'job']],
  chunkOfNoTable: [[FILE]],
  chunkChanged: [[FILE, 'job']],
  chunkLengthDiffers: [[FILE, 'job']],
  chunkEndsWithinRow: [[FILE, 'job']],
  chunkCountDiffers: [[FILE, 'job']],
  chunkRowsDiffer: [[FILE, 'job']],
  pieceDamaged: [[FILE, 'artifacts with id 12', 'content', failures.PIECE_FAULTS.changed]],
  piecesOfNoRow: [[FILE, 'artifacts']],
  chunkNotFramed: [[FILE]],
  encryptedChunkChanged: [[FILE]],
  chunkNotDecompressed: [[FILE]],
  invalidJson: [[FILE]],
  fileExists: [[FILE]],
  notARegularFile: [[FILE]],
  chunkTooLarge: [[FILE]],
  passphraseNeeded: [[FILE]],
  passphraseWrong: [[FILE]],
});
