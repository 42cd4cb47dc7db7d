// Amazon Cognito's public calls, by plain fetch. Passwords go to Cognito over TLS and nowhere else.

import { Problem, Unreachable } from "./http.js";

const TIMEOUT_MS = 10_000;

/** @type {Record<string, string>} */
const WORDS = {
  UserNotFoundException: "The user name or the password is not right.",
  UserNotConfirmedException: "This account has not been confirmed yet. Ask who made it for you.",
  PasswordResetRequiredException: "This account needs a new password. Ask who made it for you.",
  CodeMismatchException: "The code is not right. Take the one that the app shows now.",
  EnableSoftwareTokenMFAException: "The code is not right. Take the one that the app shows now.",
  ExpiredCodeException: "The code is too old. Take the one that the app shows now.",
  TooManyRequestsException: "Too many attempts. Wait a moment and try again.",
  LimitExceededException: "Too many attempts. Wait a moment and try again.",
  ResourceNotFoundException: "The sign-in of this page is not set up any more: deploy the page again.",
};

/** What Cognito refused, in words. `code` is Cognito's own name of it. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} words
   */
  constructor(code, words) {
    super(words);
    this.code = code;
  }
}

/**
 * @typedef {object} Tokens
 * @property {string} idToken
 * @property {string | null} refreshToken null where the one before stays
 */

/**
 * A question that Cognito asks before it gives tokens.
 * @typedef {object} Challenge
 * @property {string} name such as SOFTWARE_TOKEN_MFA
 * @property {string} session Cognito's ticket for the answer
 * @property {string} username as Cognito wants it in the answer
 * @property {string[]} attributes that a new user has to give
 */

export class Cognito {
  #url;
  #client;

  /**
   * @param {string} url
   * @param {string} client the app client's id
   */
  constructor(url, client) {
    this.#url = url;
    this.#client = client;
  }

  /**
   * @param {string} username
   * @param {string} password
   * @returns {Promise<Tokens | Challenge>}
   * @throws {Refusal | Unreachable | Problem}
   */
  async signIn(username, password) {
    const parameters = { USERNAME: username, PASSWORD: password };
    const answer = await this.#call("InitiateAuth", {
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: this.#client,
      AuthParameters: parameters,
    });
    return outcome(answer, username);
  }

  /**
   * @param {Challenge} challenge
   * @param {Record<string, string>} responses
   * @returns {Promise<Tokens | Challenge>}
   * @throws {Refusal | Unreachable | Problem}
   */
  async answer(challenge, responses) {
    const answer = await this.#call("RespondToAuthChallenge", {
      ChallengeName: challenge.name,
      ClientId: this.#client,
      Session: challenge.session,
      ChallengeResponses: { USERNAME: challenge.username, ...responses },
    });
    return outcome(answer, challenge.username);
  }

  /**
   * Get new tokens. This call works with and without refresh token rotation; REFRESH_TOKEN_AUTH only without.
   * @param {string} refreshToken
   * @returns {Promise<Tokens>}
   * @throws {Refusal | Unreachable | Problem}
   */
  async refresh(refreshToken) {
    const answer = await this.#call("GetTokensFromRefreshToken", { ClientId: this.#client, RefreshToken: refreshToken });
    return tokensOf(answer.AuthenticationResult);
  }

  /**
   * @param {string} refreshToken
   * @throws {Refusal | Unreachable | Problem}
   */
  async revoke(refreshToken) {
    await this.#call("RevokeToken", { ClientId: this.#client, Token: refreshToken });
  }

  /**
   * @param {string} action
   * @param {object} body
   * @returns {Promise<any>}
   */
  async #call(action, body) {
    let response;
    let answer;
    try {
      response = await fetch(this.#url, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      answer = text ? JSON.parse(text) : {};
    } catch {
      throw new Unreachable("The sign-in service cannot be reached. Check your connection and try again.");
    }
    if (response.ok) return answer;
    const code = String(answer.__type ?? "").split("#").pop() ?? "";
    if (response.status >= 500 || !code) {
      throw new Problem(response.status, "The sign-in service has a fault. Try again in a moment.");
    }
    throw new Refusal(code, wordsOf(code, String(answer.message ?? answer.Message ?? "")));
  }
}

/**
 * @param {string} code
 * @param {string} message Cognito's own
 */
function wordsOf(code, message) {
  if (code === "NotAuthorizedException") {
    if (/attempts/i.test(message)) return "Too many wrong passwords. Wait a while and try again.";
    if (/disabled/i.test(message)) return "This account has been disabled.";
    if (/expired|session/i.test(message)) return "That took too long. Sign in again.";
    return "The user name or the password is not right.";
  }
  if (code === "InvalidPasswordException") return message.replace(/^Password did not conform with policy: /, "") || "The password is too weak.";
  return WORDS[code] ?? (message || "The sign-in was refused.");
}

/**
 * @param {any} answer
 * @param {string} username
 * @returns {Tokens | Challenge}
 */
function outcome(answer, username) {
  if (answer.AuthenticationResult) return tokensOf(answer.AuthenticationResult);
  const parameters = answer.ChallengeParameters ?? {};
  return {
    name: String(answer.ChallengeName),
    session: answer.Session,
    username: parameters.USER_ID_FOR_SRP ?? username,
    attributes: JSON.parse(parameters.requiredAttributes || "[]").map((/** @type {string} */ name) => name.replace(/^userAttributes\./, "")),
  };
}

/**
 * @param {any} result
 * @returns {Tokens}
 */
function tokensOf(result) {
  return { idToken: result.IdToken, refreshToken: result.RefreshToken ?? null };
}
