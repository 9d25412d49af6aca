// Alarm sounds. Only a browser can play them, and it does so only after a person's first gesture on
// the page; until then the body has the class "sound-locked", which shows a hint.
const gatehouseSound = (() => {
  let context = null;

  const unlock = async () => {
    context ??= new AudioContext();
    await context.resume();
    if (context.state === "running") {
      document.body.classList.remove("sound-locked");
      for (const gesture of gestures) removeEventListener(gesture, unlock, true);
    }
  };
  const gestures = ["pointerdown", "keydown"];
  for (const gesture of gestures) addEventListener(gesture, unlock, true);
  addEventListener("DOMContentLoaded", () => document.body.classList.add("sound-locked"));

  const tone = (frequency, start, seconds, shape) => {
    const oscillator = new OscillatorNode(context, { frequency, type: shape });
    const volume = new GainNode(context, { gain: 0 });
    const at = context.currentTime + start;
    volume.gain.setTargetAtTime(0.25, at, 0.01);
    volume.gain.setTargetAtTime(0, at + seconds, 0.02);
    oscillator.connect(volume).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds + 0.2);
  };

  return {
    // A critical alarm is a siren of six hurried tones, any other a chime of two.
    play(critical) {
      if (context?.state !== "running") return;
      if (critical) {
        for (let i = 0; i < 6; i++) tone(i % 2 ? 660 : 990, i * 0.22, 0.18, "square");
      } else {
        tone(784, 0, 0.2, "sine");
        tone(587, 0.28, 0.3, "sine");
      }
    },
  };
})();
