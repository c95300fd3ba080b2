import { beforeEach, describe, expect, it } from 'vitest';
import { PromptEstimates } from './prompt-estimates.ts';

let measured = 0;
let estimates: PromptEstimates;

beforeEach(() => {
  measured = 0;
  estimates = new PromptEstimates(() => () => {
    measured += 1;
    return 1000;
  });
});

const request = () => ({ messages: [{ role: 'user', content: 'hello' }] });

/** The provider counts so many tokens in a prompt that was estimated. */
function lesson(promptTokens: number, model = 'm'): void {
  const asked = request();
  estimates.estimate(asked, model);
  estimates.learn(asked, model, promptTokens);
}

describe('the estimate of a prompt', () => {
  it('is what was measured, and is measured once a request', () => {
    const asked = request();
    expect([estimates.estimate(asked, 'm'), estimates.estimate(asked, 'm')]).toEqual([1000, 1000]);
    expect(measured).toBe(1);
  });

  it("becomes the model's own count", () => {
    lesson(1200);
    expect(estimates.estimate(request(), 'm')).toBe(1200);
    expect(estimates.estimate(request(), 'another')).toBe(1000);
  });

  it('moves slowly once it is known', () => {
    lesson(1200);
    lesson(1000);
    expect(estimates.estimate(request(), 'm')).toBe(1160);
    for (let count = 0; count < 40; count += 1) lesson(1000);
    expect(estimates.estimate(request(), 'm')).toBe(1000);
  });

  it.each([
    ['a prompt too short to tell', 400],
    ['a count that can not be of this prompt', 9000],
    ['a count of nothing', 0],
  ])('learns nothing from %s', (_what, promptTokens) => {
    lesson(promptTokens);
    expect(estimates.estimate(request(), 'm')).toBe(1000);
  });

  it('learns nothing from a prompt that was not estimated', () => {
    estimates.learn(request(), 'm', 1200);
    expect(estimates.estimate(request(), 'm')).toBe(1000);
  });
});
