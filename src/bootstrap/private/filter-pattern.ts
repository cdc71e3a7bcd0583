/**
 * The part of the filter pattern syntax for JSON that the alarms use. A wildcard stands at an end of a text only: elsewhere it is a
 * character.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export const is = (field: string, value: string): string => `($.${field} = "${value}")`;

export const isNot = (field: string, value: string): string => `($.${field} != "${value}")`;

export const exists = (field: string): string => `($.${field} = *)`;

export const isMissing = (field: string): string => `($.${field} NOT EXISTS)`;

export const oneOf = (field: string, ...values: string[]): string => any(...values.map((value) => is(field, value)));

export const noneOf = (field: string, ...values: string[]): string => all(...values.map((value) => isNot(field, value)));

export const all = (...conditions: string[]): string => joined(conditions, ' && ');

export const any = (...conditions: string[]): string => joined(conditions, ' || ');

export const pattern = (condition: string): string => `{ ${condition} }`;

function joined(conditions: string[], operator: string): string {
  return conditions.length === 1 ? conditions[0] : `(${conditions.join(operator)})`;
}
