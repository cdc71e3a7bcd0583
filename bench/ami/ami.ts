import type { Workshop } from '../workshop';
import { benchImage } from './image';
import { benchSynthesis } from './synthesis';

export async function benchAmi(workshop: Workshop): Promise<void> {
  benchSynthesis(workshop);
  await benchImage(workshop);
}
