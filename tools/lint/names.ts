import type { Report } from './finding';

/** Keywords and builtins of Python, Java, C# and Go that a member or parameter cannot be called without being renamed there. */
const RESERVED = new Set(
  `None True False and async await bool break case catch chan char class const continue def default defer del delete dict do double else
   enum except event explicit extends extern fallthrough final finally fixed float for foreach from func global go goto if implements
   implicit import in int interface internal is lambda list lock long make map namespace native new nonlocal not object operator or out
   override package params pass private protected public raise range ref return select self set short sizeof static str string
   struct super switch this throw throws transient try type typeof unsafe using var virtual void volatile while with yield`.split(/\s+/),
);

/** Brands that snake case cuts in two: `gitHubApp` becomes `git_hub_app`, `githubApp` becomes `github_app`. */
const CUT = /[gG]it(Hub|Lab)|[bB]itBucket|[dD]evOps|[oO]Auth/;

export function lintName(where: string, name: string, report: Report) {
  if (RESERVED.has(name)) report(where, 'reserved', `"${name}" is a keyword or a builtin somewhere, where it gets another name`);
  if (/[A-Z]{2}/.test(name))
    report(where, 'acronym', `"${name}" loses the bounds of its words in snake case: write only the first letter large`);
  if (CUT.test(name)) report(where, 'brand', `"${name}" is cut within a brand in snake case: write it as one word`);
}
