/**
 * The mark of an import that has not come to its end: a table with one row, which is there only meanwhile. Until it is gone the
 * database is nobody's to work on.
 */
export const IMPORT_MARK = 'multiflexi_import';
