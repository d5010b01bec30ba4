import type { DatabaseCheck } from '../tasks/index.ts';

/** What is wrong with a database, and what could not be found out. */
export function checkDocument({ quick, findings, unknown, checks, products }: DatabaseCheck) {
  return {
    quick,
    finding_count: findings.length,
    findings: findings.map(({ id, check, severity, table, message, fix, safeToLeave }) => ({
      id,
      check,
      severity,
      table_name: table,
      message,
      fix,
      safe_to_leave: safeToLeave,
    })),
    unknown: unknown.map(({ check, why, remedy }) => ({ check, reason: why, remedy })),
    checks: checks.map(({ name, milliseconds }) => ({ name, milliseconds })),
    server_products: products.map(({ name, tested, remark }) => ({ name, tested, remark })),
  };
}
