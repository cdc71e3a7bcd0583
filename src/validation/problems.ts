import type { IConstruct } from 'constructs';

/** Collects what is wrong with a construct's props, so that a user sees all of it at once and not one mistake a synth. */
export class Problems {
  private readonly found: string[] = [];

  /**
   * @param scope the construct that was given the value
   * @param property the property, as the user wrote it
   * @param message what was got, what is wanted, and what to change
   */
  public add(scope: IConstruct, property: string, message: string): void {
    this.found.push(`[${scope.node.path}] ${property}: ${message}`);
  }

  public throwIfAny(): void {
    if (this.found.length === 1) throw new Error(this.found[0]);
    if (this.found.length > 1) throw new Error(`${this.found.length} problems:\n${this.found.map((line) => `  - ${line}`).join('\n')}`);
  }
}
