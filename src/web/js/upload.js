// A picture's way: scaled in this browser, then posted to the bucket that takes it.

import { html, number } from "./dom.js";

const LONGEST = 1600;
const SHORTEST = 200;
const QUALITY = 0.85;
const TYPE = "image/jpeg";
const TIMEOUT_MS = 120_000;

/**
 * What S3's codes mean to the person; S3's API reference lists them under "Error responses".
 * @type {Record<string, string>}
 */
const WORDS = {
  EntityTooLarge: "The picture has more bytes than the shop takes. Choose a smaller one.",
  EntityTooSmall: "The picture is empty. Choose another one.",
  SlowDown: "Too many pictures arrive at once. Wait a moment and send it again.",
};
const OVER = "The permission for this upload is over. Send the picture again.";
const LOST = "The picture could not be uploaded. Check your connection and send it again.";

/** @typedef {{blob: Blob, width: number, height: number}} Picture */

/** What the bucket did not take, in words. `isOver`: another ticket may help. */
export class Refused extends Error {
  /**
   * @param {string} words
   * @param {boolean} isOver
   */
  constructor(words, isOver) {
    super(words);
    this.isOver = isOver;
  }
}

/**
 * Scale a picture to at most 1,600 pixels. What a camera writes beside the pixels, such as the place, stays behind.
 * @param {Blob} file
 * @returns {Promise<Picture>} a JPEG
 * @throws {Error} with a sentence
 */
export async function scale(file) {
  const address = URL.createObjectURL(file);
  try {
    const photo = new Image();
    photo.src = address;
    await photo.decode().catch(() => {
      throw new Error("This browser cannot read the file as a picture. Choose a JPEG or PNG.");
    });
    const factor = Math.min(1, LONGEST / Math.max(photo.naturalWidth, photo.naturalHeight));
    const [width, height] = [photo.naturalWidth, photo.naturalHeight].map((edge) => Math.round(edge * factor));
    if (Math.min(width, height) < SHORTEST) {
      throw new Error(`A picture needs at least ${SHORTEST} pixels each way. This one would have ${number(width)} × ${number(height)}: choose another one.`);
    }
    const canvas = html("canvas", { width, height });
    const ground = canvas.getContext("2d");
    ground.fillStyle = "white"; // JPEG knows no transparency
    ground.fillRect(0, 0, width, height);
    ground.imageSmoothingQuality = "high";
    ground.drawImage(photo, 0, 0, width, height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, TYPE, QUALITY));
    if (!blob) throw new Error("This browser cannot scale the picture. Choose a smaller one.");
    return { blob, width, height };
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * Post a picture with a ticket. XMLHttpRequest, because fetch does not tell how far it is.
 * @param {import("./api.js").Ticket} ticket
 * @param {Blob} blob
 * @param {(share: number) => void} tellProgress hears from 0 to 1 how much is sent
 * @returns {Promise<void>}
 * @throws {Error} with a sentence; `Refused` where the bucket said no
 */
export function post({ url, fields }, blob, tellProgress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", blob, "picture.jpg"); // S3 ignores fields that come after the file
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", url);
    sending.timeout = TIMEOUT_MS;
    sending.upload.addEventListener("progress", ({ loaded, total }) => tellProgress(total ? loaded / total : 0));
    for (const failure of ["error", "timeout", "abort"]) sending.addEventListener(failure, () => reject(new Error(LOST)));
    sending.addEventListener("load", () => {
      if (sending.status >= 200 && sending.status < 300) resolve();
      else reject(refusal(sending.status, sending.responseText));
    });
    sending.send(form);
  });
}

/**
 * @param {number} status
 * @param {string} document S3's, in XML. The page's policy lets no script read markup, and a code needs no parser.
 */
function refusal(status, document) {
  const code = /<Code>(\w+)<\/Code>/.exec(document)?.[1] ?? String(status);
  if (code === "ExpiredToken" || (code === "AccessDenied" && /expired/i.test(document))) return new Refused(OVER, true);
  if (WORDS[code]) return new Refused(WORDS[code], false);
  if (status >= 500) return new Refused("The shop's storage has a fault. Send the picture again in a moment.", false);
  return new Refused(`The shop's storage does not take this picture (${code}). Send it again, or choose another one.`, false);
}
