import type { Workshop } from '../workshop';
import { benchCalls } from './calls';
import { benchModule } from './module';
import { benchPolicies } from './policies';
import { benchSynthesis } from './synthesis';

export async function benchBootstrap(workshop: Workshop): Promise<void> {
  const app = workshop.compile('bench/bootstrap/ours.ts');
  benchSynthesis(workshop, app);
  benchModule(workshop);
  benchPolicies(workshop, app);
  await benchCalls(workshop, app);
}
